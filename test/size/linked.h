/* A program that links what firmware calls: LINKED(FUNCTION(a), FUNCTION(b)) is such a program, which calls one of its
 * functions by a number that no compiler knows, so that all of them stay. */
#ifndef STK_TEST_SIZE_LINKED_H
#define STK_TEST_SIZE_LINKED_H

typedef void (*linked_function)(void);

#define FUNCTION(name) (linked_function) name

#define LINKED(...)                                                                                                    \
    static const linked_function linked[] = {__VA_ARGS__};                                                             \
    int main(int argc, char **argv) {                                                                                  \
        (void)argv;                                                                                                    \
        linked[argc]();                                                                                                \
        return 0;                                                                                                      \
    }

#endif
