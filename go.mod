module github.com/ingot-build/ingot

go 1.26.0

require (
	charm.land/bubbletea/v2 v2.0.9 // ingot debug: a whole screen; v2.1 needs a module that cannot be had
	github.com/Azure/azure-sdk-for-go/sdk/azcore v1.23.3 // what azidentity's credentials and options are made of
	github.com/Azure/azure-sdk-for-go/sdk/azidentity v1.15.0 // who this machine is in Azure, to read blobs that are not public
	github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2 v2.2.0 // tests: permissions and roles, read by the official client
	github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7 v7.3.0 // snapshots, images and gallery versions; tests: all the rest, by the official client
	github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault v1.5.0 // tests: key vaults, by the official client
	github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v7 v7.2.0 // tests: networks, by the official client
	github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources v1.2.0 // resource groups, and resources of any type by their id; tests: deployments and providers, by the official client
	github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armsubscriptions v1.3.0 // tests: subscriptions and locations, by the official client
	github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage v1.8.1 // the storage account of a VHD that has no place of its own; tests: storage accounts, by the official client
	github.com/Azure/azure-sdk-for-go/sdk/storage/azblob v1.6.4 // copies of VHDs, from blob to blob; later versions cannot be built: they need a module that cannot be had
	github.com/ProtonMail/go-crypto v1.5.2 // OpenPGP signatures of plugin releases; the one of golang.org/x/crypto is given up
	github.com/agext/levenshtein v1.2.3 // near names in messages; the one hcl uses
	github.com/aymanbagabas/go-udiff v0.4.1 // unified diffs
	github.com/bmatcuk/doublestar/v4 v4.10.4 // patterns with **, for files and in ingot.hcl
	github.com/cespare/xxhash/v2 v2.3.0 // checksums of layers, which have gigabytes: a broken disk is to be found before a build goes on from it
	github.com/charmbracelet/x/ansi v0.11.8 // width of text on a terminal
	github.com/creachadair/jrpc2 v1.3.6 // ingot lsp: JSON-RPC in both directions; released often, unlike the Go libraries that have the types of LSP too
	github.com/creack/pty v1.1.24 // tests: a terminal
	github.com/digitalocean/go-qemu v0.0.0-20250212194115-ee9b0668d242 // QMP client
	github.com/diskfs/go-diskfs v1.9.4 // seed disk (ISO 9660) without a host program; file systems of disks that are compared
	github.com/dustin/go-humanize v1.1.0 // sizes for people
	github.com/fsnotify/fsnotify v1.10.1 // validate --watch
	github.com/gobwas/glob v0.2.3 // --only and --except of a Packer template, matched as Packer does
	github.com/gofrs/flock v0.13.1 // file locks between processes
	github.com/google/go-cmp v0.7.0 // tests: differences
	github.com/google/go-dap v0.12.0 // ingot dap: the messages of the Debug Adapter Protocol; delve's own library
	github.com/google/uuid v1.6.0 // unique ids of VHDs and temporary files
	github.com/hashicorp/go-cty-funcs v0.1.1-0.20260703063543-3af2ddd1aaea // functions of Packer's language; the version that Packer 1.16 has
	github.com/hashicorp/go-version v1.6.0 // required_version of a Packer template, compared as Packer does
	github.com/hashicorp/hcl/v2 v2.25.0 // Packer's language: parse, decode, write
	github.com/hashicorp/packer v1.9.4 // components that Packer has built in; v1.9.4 is the last under MPL-2.0, later ones are BUSL: do not raise
	github.com/hashicorp/packer-plugin-sdk v0.6.10 // what Packer components are made of
	github.com/jehiah/go-strftime v0.0.0-20171201141054-1d33003b3869 // legacy_strftime of Packer's language
	github.com/lima-vm/go-qcow2reader v0.6.0 // qcow2 disks that are compared, with what they are backed by
	github.com/masterzen/winrm v0.0.0-20250927112105-5f8e6c707321 // the WinRM client of packer-plugin-sdk; tests: a client that is not ours
	github.com/muesli/cancelreader v0.2.2 // a keyboard whose reading can be called off; the one of bubbletea
	github.com/pkg/sftp v1.13.9 // files to and from a build VM
	github.com/rogpeppe/go-internal v1.16.0 // tests: scripts of the whole program; txtar
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // tests: SARIF against its schema
	github.com/spf13/cobra v1.10.2 // commands, flags, help, completion
	github.com/spf13/pflag v1.0.9 // flags of cobra
	github.com/tailscale/hujson v0.0.0-20260727124030-b80ff77dac4f // JSON with comments in catalogs
	github.com/zclconf/go-cty v1.19.0 // hcl's values
	github.com/zclconf/go-cty-yaml v1.0.1 // yamlencode and yamldecode of Packer's language
	go.yaml.in/yaml/v3 v3.0.5 // tests: the examples for CI systems
	golang.org/x/crypto v0.58.0 // SSH keys and connections
	golang.org/x/sync v0.24.0 // errgroup
	golang.org/x/sys v0.49.0 // KVM ioctls, sparse files, pidfds
	golang.org/x/term v0.47.0 // is it a terminal, and how wide
	golang.org/x/text v0.43.0 // the order of texts; tests: Unicode normalization of HCL strings
	golang.org/x/time v0.11.0 // no more requests a minute to Azure than --arm-rate says
	modernc.org/sqlite v1.60.0 // runs, events and ledger, without cgo; later versions need a module that cannot be had
	mvdan.cc/sh/v3 v3.14.1 // shell scripts, parsed; the shell of the emulated Azure's light guest
)

require (
	cloud.google.com/go v0.112.2 // indirect
	cloud.google.com/go/auth v0.16.0 // indirect
	cloud.google.com/go/auth/oauth2adapt v0.2.8 // indirect
	cloud.google.com/go/compute/metadata v0.9.0 // indirect
	cloud.google.com/go/iam v1.1.6 // indirect
	cloud.google.com/go/storage v1.39.1 // indirect
	github.com/Azure/azure-sdk-for-go/sdk/internal v1.13.0 // indirect
	github.com/Azure/go-ntlmssp v0.1.1 // indirect
	github.com/AzureAD/microsoft-authentication-library-for-go v1.10.1 // indirect
	github.com/ChrisTrenkamp/goxpath v0.0.0-20210404020558-97928f7e12b6 // indirect
	github.com/Microsoft/go-winio v0.6.2 // indirect
	github.com/apparentlymart/go-cidr v1.1.1 // indirect
	github.com/apparentlymart/go-textseg/v13 v13.0.0 // indirect
	github.com/apparentlymart/go-textseg/v15 v15.0.0 // indirect
	github.com/apparentlymart/go-textseg/v17 v17.0.1 // indirect
	github.com/armon/go-metrics v0.4.1 // indirect
	github.com/aws/aws-sdk-go v1.44.114 // indirect
	github.com/aws/aws-sdk-go-v2 v1.37.2 // indirect
	github.com/aws/aws-sdk-go-v2/config v1.30.3 // indirect
	github.com/aws/aws-sdk-go-v2/credentials v1.18.3 // indirect
	github.com/aws/aws-sdk-go-v2/feature/ec2/imds v1.18.2 // indirect
	github.com/aws/aws-sdk-go-v2/internal/configsources v1.4.2 // indirect
	github.com/aws/aws-sdk-go-v2/internal/endpoints/v2 v2.7.2 // indirect
	github.com/aws/aws-sdk-go-v2/internal/ini v1.8.3 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/accept-encoding v1.13.0 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/presigned-url v1.13.2 // indirect
	github.com/aws/aws-sdk-go-v2/service/secretsmanager v1.37.0 // indirect
	github.com/aws/aws-sdk-go-v2/service/sso v1.27.0 // indirect
	github.com/aws/aws-sdk-go-v2/service/ssooidc v1.32.0 // indirect
	github.com/aws/aws-sdk-go-v2/service/sts v1.36.0 // indirect
	github.com/aws/smithy-go v1.22.5 // indirect
	github.com/bgentry/go-netrc v0.0.0-20140422174119-9fd32a8b3d3d // indirect
	github.com/bmatcuk/doublestar v1.3.4 // indirect
	github.com/bodgit/ntlmssp v0.0.0-20240506230425-31973bb52d9b // indirect
	github.com/bodgit/windows v1.0.1 // indirect
	github.com/cenkalti/backoff/v3 v3.2.2 // indirect
	github.com/charmbracelet/colorprofile v0.4.3 // indirect
	github.com/charmbracelet/ultraviolet v0.0.0-20260811164956-006e29f97886 // indirect
	github.com/charmbracelet/x/term v0.2.2 // indirect
	github.com/charmbracelet/x/termios v0.1.1 // indirect
	github.com/charmbracelet/x/windows v0.2.2 // indirect
	github.com/clipperhouse/displaywidth v0.11.0 // indirect
	github.com/clipperhouse/uax29/v2 v2.7.0 // indirect
	github.com/cloudflare/circl v1.6.3 // indirect
	github.com/creachadair/mds v0.31.0 // indirect
	github.com/digitalocean/go-libvirt v0.0.0-20220804181439-8648fbde413e // indirect
	github.com/djherbis/times v1.6.0 // indirect
	github.com/dylanmei/iso8601 v0.1.0 // indirect
	github.com/fatih/color v1.16.0 // indirect
	github.com/felixge/httpsnoop v1.0.4 // indirect
	github.com/go-jose/go-jose/v4 v4.1.4 // indirect
	github.com/go-logr/logr v1.4.3 // indirect
	github.com/go-logr/stdr v1.2.2 // indirect
	github.com/gofrs/uuid v4.4.0+incompatible // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/golang/groupcache v0.0.0-20210331224755-41bb18bfe9da // indirect
	github.com/google/s2a-go v0.1.9 // indirect
	github.com/googleapis/enterprise-certificate-proxy v0.3.6 // indirect
	github.com/googleapis/gax-go/v2 v2.14.1 // indirect
	github.com/hashicorp/consul/api v1.25.1 // indirect
	github.com/hashicorp/errwrap v1.1.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-getter/gcs/v2 v2.2.2 // indirect
	github.com/hashicorp/go-getter/s3/v2 v2.2.2 // indirect
	github.com/hashicorp/go-getter/v2 v2.2.2 // indirect
	github.com/hashicorp/go-hclog v1.6.3 // indirect
	github.com/hashicorp/go-immutable-radix v1.3.1 // indirect
	github.com/hashicorp/go-multierror v1.1.1 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.7 // indirect
	github.com/hashicorp/go-rootcerts v1.0.2 // indirect
	github.com/hashicorp/go-safetemp v1.0.0 // indirect
	github.com/hashicorp/go-secure-stdlib/parseutil v0.1.6 // indirect
	github.com/hashicorp/go-secure-stdlib/strutil v0.1.2 // indirect
	github.com/hashicorp/go-sockaddr v1.0.7 // indirect
	github.com/hashicorp/go-uuid v1.0.3 // indirect
	github.com/hashicorp/golang-lru v0.5.4 // indirect
	github.com/hashicorp/hcl v1.0.0 // indirect
	github.com/hashicorp/serf v0.10.1 // indirect
	github.com/hashicorp/vault/api v1.14.0 // indirect
	github.com/hashicorp/yamux v0.1.1 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/jcmturner/aescts/v2 v2.0.0 // indirect
	github.com/jcmturner/dnsutils/v2 v2.0.0 // indirect
	github.com/jcmturner/gofork v1.7.6 // indirect
	github.com/jcmturner/goidentity/v6 v6.0.1 // indirect
	github.com/jcmturner/gokrb5/v8 v8.4.4 // indirect
	github.com/jcmturner/rpc/v2 v2.0.3 // indirect
	github.com/jmespath/go-jmespath v0.4.0 // indirect
	github.com/klauspost/compress v1.18.5 // indirect
	github.com/kr/fs v0.1.0 // indirect
	github.com/kylelemons/godebug v1.1.0 // indirect
	github.com/lucasb-eyer/go-colorful v1.4.1 // indirect
	github.com/masterzen/simplexml v0.0.0-20190410153822-31eea3082786 // indirect
	github.com/mattn/go-colorable v0.1.13 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/mattn/go-runewidth v0.0.24 // indirect
	github.com/mitchellh/go-fs v0.0.0-20180402235330-b7b9ca407fff // indirect
	github.com/mitchellh/go-homedir v1.1.0 // indirect
	github.com/mitchellh/go-testing-interface v1.14.1 // indirect
	github.com/mitchellh/go-wordwrap v1.0.1 // indirect
	github.com/mitchellh/iochan v1.0.0 // indirect
	github.com/mitchellh/mapstructure v1.5.0 // indirect
	github.com/mitchellh/reflectwalk v1.0.2 // indirect
	github.com/ncruces/go-strftime v1.1.0 // indirect
	github.com/nu7hatch/gouuid v0.0.0-20131221200532-179d4d0c4d8d // indirect
	github.com/packer-community/winrmcp v0.0.0-20180921211025-c76d91c1e7db // indirect
	github.com/pkg/browser v0.0.0-20240102092130-5ac0b6a4141c // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/ryanuber/go-glob v1.0.0 // indirect
	github.com/tidwall/transform v0.0.0-20201103190739-32f242e2dbde // indirect
	github.com/ugorji/go/codec v1.2.6 // indirect
	github.com/ulikunitz/xz v0.5.15 // indirect
	github.com/vmihailenco/msgpack/v5 v5.3.5 // indirect
	github.com/vmihailenco/tagparser/v2 v2.0.0 // indirect
	github.com/xo/terminfo v0.0.0-20220910002029-abceb7e1c41e // indirect
	go.opencensus.io v0.24.0 // indirect
	go.opentelemetry.io/auto/sdk v1.2.1 // indirect
	go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc v0.60.0 // indirect
	go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp v0.60.0 // indirect
	go.opentelemetry.io/otel v1.43.0 // indirect
	go.opentelemetry.io/otel/metric v1.43.0 // indirect
	go.opentelemetry.io/otel/trace v1.43.0 // indirect
	golang.org/x/exp v0.0.0-20231006140011-7918f672742d // indirect
	golang.org/x/mod v0.42.0 // indirect
	golang.org/x/net v0.61.0 // indirect
	golang.org/x/oauth2 v0.34.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
	google.golang.org/api v0.230.0 // indirect
	google.golang.org/genproto v0.0.0-20240213162025-012b6fc9bca9 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20251202230838-ff82c1b0f217 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20251202230838-ff82c1b0f217 // indirect
	google.golang.org/grpc v1.79.3 // indirect
	google.golang.org/protobuf v1.36.10 // indirect
	modernc.org/libc v1.79.0 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
)

// The RPC of Packer's plugins does not compile with a go-cty that cannot gob-encode its types, which the real one gave up in
// v1.11.0. This fork of v1.13.3 is the one all of Packer is built with (https://github.com/hashicorp/packer-plugin-sdk/issues/187).
replace github.com/zclconf/go-cty => github.com/nywilken/go-cty v1.13.3
