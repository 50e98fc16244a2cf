module controlplane.test/gostackparse

go 1.26.0

require github.com/DataDog/gostackparse v0.7.0
