/* The programs that use the session. */
#ifndef SIMULATION_PROGRAMS_H
#define SIMULATION_PROGRAMS_H

void program_begin(void);
void program_main(void *argument);
void program_free(void);

#endif
