package main

import (
	"time"

	"github.com/grafana/alloy/syntax/alloytypes"
)

// The names and types of Alloy 1's components, as its reference documents them. The components themselves need several hundred modules.

type receiver struct{}

func (receiver) AlloyCapsule() {}

type scrape struct {
	Targets                []map[string]string `alloy:"targets,attr"`
	ForwardTo              []receiver          `alloy:"forward_to,attr"`
	JobName                string              `alloy:"job_name,attr,optional"`
	Params                 map[string][]string `alloy:"params,attr,optional"`
	ScrapeInterval         time.Duration       `alloy:"scrape_interval,attr,optional"`
	ScrapeTimeout          time.Duration       `alloy:"scrape_timeout,attr,optional"`
	Scheme                 string              `alloy:"scheme,attr,optional"`
	DeltaProfilingDuration time.Duration       `alloy:"delta_profiling_duration,attr,optional"`
	BasicAuth              *basicAuth          `alloy:"basic_auth,block,optional"`
	ProfilingConfig        profilingConfig     `alloy:"profiling_config,block,optional"`
}

func (s *scrape) SetToDefault() {
	s.Scheme = "http"
}

type profilingConfig struct {
	Memory            profile `alloy:"profile.memory,block,optional"`
	Block             profile `alloy:"profile.block,block,optional"`
	Goroutine         profile `alloy:"profile.goroutine,block,optional"`
	Mutex             profile `alloy:"profile.mutex,block,optional"`
	ProcessCPU        profile `alloy:"profile.process_cpu,block,optional"`
	FGProf            profile `alloy:"profile.fgprof,block,optional"`
	GoDeltaProfMemory profile `alloy:"profile.godeltaprof_memory,block,optional"`
	GoDeltaProfMutex  profile `alloy:"profile.godeltaprof_mutex,block,optional"`
	GoDeltaProfBlock  profile `alloy:"profile.godeltaprof_block,block,optional"`
	PathPrefix        string  `alloy:"path_prefix,attr,optional"`
}

type profile struct {
	Enabled bool   `alloy:"enabled,attr,optional"`
	Path    string `alloy:"path,attr,optional"`
	Delta   bool   `alloy:"delta,attr,optional"`
}

type basicAuth struct {
	Username     string            `alloy:"username,attr,optional"`
	Password     alloytypes.Secret `alloy:"password,attr,optional"`
	PasswordFile string            `alloy:"password_file,attr,optional"`
}

type write struct {
	ExternalLabels map[string]string `alloy:"external_labels,attr,optional"`
	Endpoints      []endpoint        `alloy:"endpoint,block,optional"`
}

type endpoint struct {
	URL       string            `alloy:"url,attr"`
	Headers   map[string]string `alloy:"headers,attr,optional"`
	BasicAuth *basicAuth        `alloy:"basic_auth,block,optional"`
}
