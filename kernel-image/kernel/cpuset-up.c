
/*
 * Appended to kernel/cgroup/cpuset.c by Drydock's kernel build.
 *
 * The cpuset controller asks for SMP only because of these four scheduler
 * functions. On one CPU there is one root domain, so nothing moves between
 * domains and no deadline bandwidth has to be reserved elsewhere. An SMP kernel
 * instead would cost every program in the emulator 7 to 30 % (see README.md).
 */
#ifndef CONFIG_SMP
int task_can_attach(struct task_struct *p)
{
	return p->flags & PF_NO_SETAFFINITY ? -EINVAL : 0;
}

int cpuset_cpumask_can_shrink(const struct cpumask *cur, const struct cpumask *trial)
{
	return 1;
}

int dl_bw_alloc(int cpu, u64 dl_bw)
{
	return 0;
}

void dl_bw_free(int cpu, u64 dl_bw)
{
}
#endif
