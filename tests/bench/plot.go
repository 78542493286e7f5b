package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
)

type point struct{ x, y float64 }

type series struct {
	name   string
	points []point
}

// The plot's measures, and colours that are told apart on white and black, in the order of the series.
const (
	plotWidth, plotHeight   = 720, 380
	left, right, top, under = 60, 190, 40, 45
)

var colours = []string{"#1f77b4", "#17a2b8", "#d62728", "#7f7f7f", "#bcbd22", "#9467bd", "#8c564b", "#e377c2"}

// plot draws lines over two logarithmic axes as SVG. (The libraries for it bring more code than this project has.)
func plot(title, across string, lines []series) []byte {
	low, high := point{math.Inf(1), math.Inf(1)}, point{}
	for _, s := range lines {
		for _, p := range s.points {
			low, high = point{min(low.x, p.x), min(low.y, p.y)}, point{max(high.x, p.x), max(high.y, p.y)}
		}
	}
	low.y, high.y = math.Pow(10, math.Floor(math.Log10(low.y))), math.Pow(10, math.Ceil(math.Log10(high.y)))
	at := func(p point) (x, y float64) {
		part := func(v, from, to float64) float64 {
			return (math.Log(v) - math.Log(from)) / max(math.Log(to)-math.Log(from), 1e-9)
		}
		return left + part(p.x, low.x, high.x)*(plotWidth-left-right), plotHeight - under - part(p.y, low.y, high.y)*(plotHeight-top-under)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/><text x="%d" y="22" font-size="15">%s</text>`+"\n", left, html.EscapeString(title))
	for y := low.y; y <= high.y*1.001; y *= 10 {
		_, v := at(point{low.x, y})
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n", left, v, plotWidth-right, left-6, v+4, y)
	}
	ticks := map[float64]bool{}
	for _, s := range lines {
		for _, p := range s.points {
			if u, _ := at(p); !ticks[p.x] {
				ticks[p.x] = true
				fmt.Fprintf(&b, `<path d="M%.1f %dV%d" stroke="#eee"/><text x="%.1f" y="%d" text-anchor="middle">%g</text>`+"\n", u, top, plotHeight-under, u, plotHeight-under+16, p.x)
			}
		}
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", (left+plotWidth-right)/2, plotHeight-8, html.EscapeString(across))
	for i, s := range lines {
		colour := colours[i%len(colours)]
		b.WriteString(`<polyline fill="none" stroke-width="2" stroke="` + colour + `" points="`)
		for _, p := range s.points {
			u, v := at(p)
			fmt.Fprintf(&b, "%.1f,%.1f ", u, v)
		}
		y := top + 10 + 20*i
		fmt.Fprintf(&b, "\"/>\n"+`<path d="M%d %dh18" stroke="%s" stroke-width="3"/><text x="%d" y="%d">%s</text>`+"\n", plotWidth-right+14, y, colour, plotWidth-right+38, y+4, html.EscapeString(s.name))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
