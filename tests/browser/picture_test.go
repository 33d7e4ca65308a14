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

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
)

var update = flag.Bool("update", false, "take the picture of the page again")

// The picture in docs/getting-started/local-cloud.md: its width in pixels, and the most bytes that it may take.
const (
	pictureWidth = 1200
	maxPicture   = 200 << 10
)

func TestThePictureOfThePageFitsItsDocument(t *testing.T) {
	file := filepath.Join(root, "docs", "getting-started", "local-page.png")
	if *update {
		if err := os.WriteFile(file, takePicture(t), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	config, err := png.DecodeConfig(bytes.NewReader(content))
	if err != nil || config.Width != pictureWidth || len(content) > maxPicture {
		t.Errorf("%v, %d pixels wide, %d bytes: want %d pixels and at most %d bytes: take it anew with -update", err, config.Width, len(content), pictureWidth, maxPicture)
	}
}

// takePicture shows the stack dev after a launch and a walk.
func takePicture(t *testing.T) []byte {
	t.Helper()
	cloud := localtest.Start(t, "dev", nil, func(*local.Options) {})
	ctx := browser(t, cloud)
	run(t, ctx, append(signIn(cloud, "app", "patient", "Local-patient-1"), appears("tr.observation"))...)
	if err := cloud.Walk(t.Context(), func(local.Step) {}); err != nil {
		t.Fatal(err)
	}
	var picture []byte
	run(t, ctx,
		emulation.SetDeviceMetricsOverride(pictureWidth, 900, 1, false),
		chromedp.Navigate(cloud.Page),
		appears("#decisions td"),
		chromedp.ActionFunc(func(ctx context.Context) (err error) {
			_, _, _, _, _, size, err := page.GetLayoutMetrics().Do(ctx)
			if err != nil {
				return err
			}
			clip := &page.Viewport{Width: pictureWidth, Height: size.Height, Scale: 1}
			picture, err = page.CaptureScreenshot().WithCaptureBeyondViewport(true).WithClip(clip).Do(ctx)
			return err
		}),
	)
	decoded, err := png.Decode(bytes.NewReader(picture))
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
	drawn := image.NewPaletted(bounds, colors[:min(len(colors), 64)])
	draw.Draw(drawn, bounds, picture, bounds.Min, draw.Src)
	return drawn
}
