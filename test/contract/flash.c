typedef int not_yet_;
