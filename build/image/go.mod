// The image of the local cloud, apart from the product's own dependencies.
module github.com/smartlake/pulumi-smartlake/build/image

go 1.26.0

require github.com/google/go-containerregistry v0.22.1 // indirect
