/*===- status.c - filling the caller's status -*- C -*-===*/

#include "status.h"

#include <stdarg.h>
#include <stdio.h>

int32_t vitc_status_set(vitc_status *status, vitc_status_code code, const char *format, ...) {
  if (status) {
    va_list arguments;
    va_start(arguments, format);
    status->code = (int32_t)code;
    vsnprintf(status->message, sizeof status->message, format, arguments);
    va_end(arguments);
  }
  return (int32_t)code;
}

int32_t vitc_status_ok(vitc_status *status) {
  if (status) {
    status->code = VITC_OK;
    status->message[0] = '\0';
  }
  return VITC_OK;
}
