package convert

import "fmt"

// saidTwice lets what is the same in all be there once: an address, a gateway or a route that two lines of one link say.
func (d *draft) saidTwice() {
	for _, o := range d.objects {
		for _, list := range [][]*entry{o.addresses, o.gateways, o.routes} {
			first := map[string]*entry{}
			for _, e := range list {
				text := fmt.Sprint(e.value)
				if was := first[text]; e.dropped || was == nil {
					if !e.dropped {
						first[text] = e
					}
					continue
				} else if was != e {
					e.dropped, was.from = true, append(was.from, e.from...)
				}
			}
		}
	}
}
