package here

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ingot-build/ingot/engine/target"
)

// frozen makes m the machine that a layer holds: what runs in it knows its processors and its memory, and its disk starts by one
// kind of firmware. facts are the builder's; what else they say is for the builder alone.
func frozen(m target.Machine, facts json.RawMessage) (target.Machine, error) {
	var was struct {
		CPUs      int    `json:"cpus"`
		MemoryMiB int    `json:"memoryMiB"`
		Firmware  string `json:"firmware"`
	}
	err := json.Unmarshal(facts, &was)
	if err == nil && (was.CPUs < 1 || was.MemoryMiB < 1 || was.Firmware == "") {
		err = errors.New("processors, memory or firmware are missing")
	}
	if err != nil {
		return m, fmt.Errorf("read what the layer says of its machine: %w", err)
	}
	m.CPUs, m.MemoryMiB, m.Firmware = was.CPUs, was.MemoryMiB, was.Firmware
	return m, nil
}
