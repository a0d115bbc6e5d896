/* --debug: the packets that Paho sends and receives, one line each. */
#ifndef PLAYGROUND_TRACE_H
#define PLAYGROUND_TRACE_H

/* From now on, for the whole process: Paho has one trace for all of its clients. */
void trace_begin(void);

#endif
