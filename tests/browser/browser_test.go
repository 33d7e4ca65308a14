package browser_test

import (
	_ "github.com/chromedp/cdproto/page"
	_ "github.com/chromedp/chromedp"
	_ "github.com/smartlake/pulumi-smartlake/components"
	_ "github.com/smartlake/pulumi-smartlake/local"
	_ "github.com/smartlake/pulumi-smartlake/program"
)
