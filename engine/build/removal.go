package build

import "time"

// removal is how long it may take until all that a run made is removed. A cloud takes minutes for a machine, and minutes for a group.
const removal = 30 * time.Minute
