package plan

var There, WalkThere = there, walkThere
