/*===- status.h - filling the caller's status -*- C -*-===
 *
 * Internal to the runtime.
 *===----------------------------------------------------------------------===*/

#ifndef VITC_RUNTIME_STATUS_H
#define VITC_RUNTIME_STATUS_H

#include "vitc/runtime/model_abi.h"

/* Stores `code` and the printf-formatted message in `status` (NULL is allowed); returns `code`. */
__attribute__((format(printf, 3, 4))) int32_t vitc_status_set(vitc_status *status, vitc_status_code code,
                                                              const char *format, ...);

/* Stores success in `status` (NULL is allowed); returns VITC_OK. */
int32_t vitc_status_ok(vitc_status *status);

#endif /* VITC_RUNTIME_STATUS_H */
