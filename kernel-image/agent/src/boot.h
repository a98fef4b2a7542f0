/*
 * From the kernel's first process to a system that can run containers.
 */
#ifndef BOOT_H
#define BOOT_H

/* Mounts and sets everything up; returns the link's fd. Waits for ever without a link. */
int boot(void);
/* Sends what went wrong during the boot as LOG events, once the link works. */
void boot_report(void);

#endif
