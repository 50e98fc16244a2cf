package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// A kernel that counts otherwise has not been seen: sysconf(_SC_CLK_TCK).
const ticksPerSecond = 100

// processes are the servers that are watched: pid by name.
type processes map[string]int

func (p processes) String() string { return fmt.Sprint(map[string]int(p)) }

func (p processes) Set(value string) error {
	name, number, _ := strings.Cut(value, "=")
	pid, err := strconv.Atoi(number)
	p[name] = pid
	return err
}

// usageOf is what a process has taken: seconds of CPU since its start, resident bytes now.
type usageOf struct {
	CPUSeconds float64 `json:"cpu_seconds"`
	RSSBytes   int64   `json:"rss_bytes"`
}

// usage of every process, ours too, under the name "load".
func (p processes) usage() (map[string]usageOf, error) {
	all := map[string]usageOf{}
	for name, pid := range p {
		cpu, err := cpuSeconds(pid)
		if err != nil {
			return nil, err
		}
		rss, err := rssBytes(pid)
		if err != nil {
			return nil, err
		}
		all[name] = usageOf{cpu, rss}
	}
	self := syscall.Rusage{}
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &self); err != nil {
		return nil, err
	}
	rss, err := rssBytes(os.Getpid())
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	all["load"] = usageOf{seconds(self.Utime) + seconds(self.Stime), rss}
	return all, err
}

// since gives the CPU spent between two readings; memory as it was at the second.
func since(before, after map[string]usageOf) map[string]usageOf {
	spent := map[string]usageOf{}
	for name, now := range after {
		spent[name] = usageOf{now.CPUSeconds - before[name].CPUSeconds, now.RSSBytes}
	}
	return spent
}

// utime + stime of /proc/PID/stat.
func cpuSeconds(pid int) (float64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name of the program, in parentheses, may contain anything.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticksPerSecond, err
}

// VmRSS of /proc/PID/status.
func rssBytes(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, "VmRSS:"); found {
			kib, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("process %d has no VmRSS", pid)
}
