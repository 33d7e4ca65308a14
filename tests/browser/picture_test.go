package browser_test

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
)

var update = flag.Bool("update", false, "take the pictures of the page again")

// picture of the page in docs/getting-started/local-cloud.md.
type picture struct {
	file  string
	width int64 // in pixels
	// part is the element that the picture begins at, and height the most that it shows of it.
	part   string
	height float64
}

var pictures = []picture{
	{"local-page.png", 1200, "body", 10_000},
	{"local-page-phone.png", 375, "section[aria-labelledby=asked]", 1300},
}

// maxPicture is the most bytes that a picture may take.
const maxPicture = 250 << 10

func TestThePicturesOfThePageFitTheirDocument(t *testing.T) {
	folder := filepath.Join(root, "docs", "getting-started")
	if *update {
		for name, content := range takePictures(t) {
			if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, p := range pictures {
		content, err := os.ReadFile(filepath.Join(folder, p.file))
		if err != nil {
			t.Fatal(err)
		}
		config, err := png.DecodeConfig(bytes.NewReader(content))
		if err != nil || int64(config.Width) != p.width || len(content) > maxPicture {
			t.Errorf("%s: %v, %d pixels wide, %d bytes: want %d pixels and at most %d bytes: take it anew with -update",
				p.file, err, config.Width, len(content), p.width, maxPicture)
		}
	}
}

// takePictures shows the stack dev after a launch and a walk, with a request opened.
func takePictures(t *testing.T) map[string][]byte {
	t.Helper()
	cloud := localtest.Start(t, "dev", nil, func(*local.Options) {})
	ctx := browser(t, cloud)
	walk(t, cloud)
	run(t, ctx, append(signIn(cloud, "app", "patient", "Local-patient-1"), appears(".line"))...)
	taken := map[string][]byte{}
	for _, p := range pictures {
		run(t, ctx,
			view{"", p.width, 900, "light"}.look(),
			chromedp.Navigate(cloud.Page),
			appears(".requests > li"),
			chromedp.Evaluate(`document.querySelector(".requests details").open = true`, nil),
			appears(".way"))
		taken[p.file] = p.take(t, ctx)
	}
	return taken
}

// take takes the picture of the page that is open.
func (p picture) take(t *testing.T, ctx context.Context) []byte {
	t.Helper()
	var part struct{ Y, Height float64 }
	var content []byte
	run(t, ctx,
		chromedp.Evaluate(`(r => ({Y: r.y + scrollY, Height: r.height}))(document.querySelector("`+p.part+`").getBoundingClientRect())`, &part),
		chromedp.ActionFunc(func(ctx context.Context) (err error) {
			clip := &page.Viewport{Y: part.Y, Width: float64(p.width), Height: min(part.Height, p.height), Scale: 1}
			content, err = page.CaptureScreenshot().WithCaptureBeyondViewport(true).WithClip(clip).Do(ctx)
			return err
		}))
	decoded, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	var small bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, withFewColors(decoded)); err != nil {
		t.Fatal(err)
	}
	return small.Bytes()
}

// withFewColors draws a picture with its most frequent colors, for which a byte a
// pixel is enough.
func withFewColors(picture image.Image) image.Image {
	bounds := picture.Bounds()
	frequency := map[color.Color]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			frequency[picture.At(x, y)]++
		}
	}
	colors := slices.Collect(maps.Keys(frequency))
	slices.SortFunc(colors, func(a, b color.Color) int { return cmp.Compare(frequency[b], frequency[a]) })
	drawn := image.NewPaletted(bounds, colors[:min(len(colors), 256)])
	draw.Draw(drawn, bounds, picture, bounds.Min, draw.Src)
	return drawn
}
