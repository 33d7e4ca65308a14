module ${PROJECT}

go 1.26.0

require github.com/pulumi/pulumi-aws-native/sdk v1.25.0 // indirect
