module controlplane.test/formwriter

go 1.26.0
