/* stoker port: a template. Copy the folder, rename `template`, and fill the functions in.
 *
 * It compiles as it is, and every call that can fail says STK_E_UNSUPPORTED. What each function owes its caller is in
 * port/README.md; the simulated port (port/sim) is a small working example of all interfaces.
 */
#ifndef STOKER_PORT_TEMPLATE_H
#define STOKER_PORT_TEMPLATE_H

#include "stoker/port/dispatch.h"
#include "stoker/port/flash.h"
#include "stoker/port/ingest.h"
#include "stoker/port/platform.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ctx is whatever your object is; the template looks at none and takes NULL. */
extern const struct stk_platform_ops stk_template_platform_ops;
extern const struct stk_ingest_ops stk_template_ingest_ops;
extern const struct stk_dispatch_ops stk_template_dispatch_ops;
extern const struct stk_flash_ops stk_template_flash_ops;

#ifdef __cplusplus
}
#endif
#endif
