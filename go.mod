module hostnet-module

go 1.26
