module niyanta.dev/sdk/go

go 1.21
