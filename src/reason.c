#include "playground/reason.h"
const char *reason_name(int code) { return code == 135 ? "not authorized" : "unknown reason"; }
const char *reason_advice(int code) { return code == 135 ? "check what this user may publish" : "the broker's log may say why"; }
