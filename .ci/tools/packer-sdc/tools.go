//go:build tools

// Package tools names the program that .ci/tools/build makes, so that its modules and their checksums are in go.mod and go.sum.
package tools

import _ "github.com/hashicorp/packer-plugin-sdk/cmd/packer-sdc"
