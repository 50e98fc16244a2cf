module controlplane.dev/benchmarks/goroutines

go 1.26
