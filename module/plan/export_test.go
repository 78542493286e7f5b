package plan

import "hostnet-module/module/state"

var There = there

// LongWalk looks at every link; ShortWalk at those about which something is to be done.
func LongWalk(has, target *state.Host, exact bool) ([]state.Step, error) {
	return longWalk(has, target, exact).take()
}

func ShortWalk(has, target *state.Host, exact bool) ([]state.Step, bool) {
	return shortWalk(has, target, exact, unsettledOnes(has, target))
}
