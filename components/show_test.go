package components_test

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/componentstest"
)

// show runs a program of the examples without AWS and prints some of its outputs, an
// option of a command a line.
func show(program pulumi.RunFunc, outputs ...string) {
	cloud := componentstest.NewCloud()
	if err := cloud.Run(program); err != nil {
		fmt.Println(err)
	}
	for _, output := range outputs {
		text, _ := cloud.Outputs()[output].Value.(string)
		fmt.Printf("%s: %s\n", output, strings.ReplaceAll(text, " --", "\n  --"))
	}
}
