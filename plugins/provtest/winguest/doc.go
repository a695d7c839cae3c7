// Package winguest is a Windows machine for tests, as far as Packer needs one: a file system, an environment, users, a
// registry, a command processor, scheduled tasks, restarts, and a PowerShell that understands what Packer itself sends and
// simple scripts.
//
// A script beyond that is answered as the test says (Machine.Scripts, by the script's SHA-256), or run by a real PowerShell
// (Machine.PowerShell). Without either it fails, and Machine.Unknown has it: nothing is taken for a success that was not
// understood.
//
// What programs say and return is what Windows says in English.
package winguest
