package deployment

import (
	"fmt"
	"time"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// Params is what the caller knows and the document does not say. The zero Params is ready to use.
type Params struct {
	// Values are given by name: the text itself for a string parameter, JSON text for every other type. They win over
	// Files.
	Values map[string]string
	// Files are parsed parameter files; a later one wins over the ones before it.
	Files []*armjson.Node
	// File is one more parameter file, before Files.
	File *armjson.Node

	// Context describes the place deployed to, as far as it is known: an object with any of the members deploymentScope
	// (resourceGroup, subscription, managementGroup, tenant), subscription, resourceGroup, managementGroup, tenant,
	// deployment, deployer (what the functions of these names return), cloud, utcNow (RFC 3339), zones (resource type
	// to region to zones) and zoneMappings (region to physical zone to logical zone). It may be nil.
	Context *armjson.Node

	// Where the deployment goes; each wins over the Context. Without a subscription, tenant or group there is a
	// placeholder, since on this machine the deployment goes nowhere; without a Location, resourceGroup().location is
	// not known.
	SubscriptionID, ResourceGroup, Location, ManagementGroup, TenantID string
	// AzureCloud, AzureUSGovernment or AzureChinaCloud; "" is the first
	Cloud string

	Now    time.Time      // what utcNow tells; the zero Time makes it unknown, unless the Context has a clock
	GUID   func() string  // what newGuid returns; nil makes it unknown
	Limits armexpr.Limits // of the work a template may cause; the zero Limits stand for armexpr.DefaultLimits

	// Strict makes a parameter without a value an error. Otherwise its value is not known, and what needs it is not
	// either.
	Strict bool

	// Linked fetches the template or parameter file that a document links to: from is the file the link is written in,
	// uri what the link says, a URI or a relative path. The findings say what is wrong with the file. With a nil
	// Linked, linked templates are not followed, and a warning says so.
	Linked func(from, uri string) (*armjson.Node, diag.List)
}

// Deployment is what a deployment template comes to.
type Deployment struct {
	Resources []Resource // flat and in file order: nested deployments give way to what is in them
	Outputs   []Output   // of the outermost template, in file order
	Trace     *Trace     // where the values came from
}

// Resource is one resource that would be deployed.
type Resource struct {
	ID, Type, Name, APIVersion string // complete: type and name of a child start with those of its parent
	// Body is the evaluated resource, with the full type and name, and without the members that are addressed to the
	// deployment: condition, copy, dependsOn, existing, scope, resourceGroup, subscriptionId, comments. It may hold
	// unknown values.
	Body *armjson.Node
	Path string        // where it stands in its file: resources[2].properties.template.resources[0]
	Node *armjson.Node // as written
}

// Output is one output of a deployment.
type Output struct {
	Name  string
	Value *armjson.Node
}

// Expand evaluates a deployment template with everything nested in it: parameters, variables, loops, conditions. What
// only the deployment itself will know is an unknown value in the result. The findings are sorted; the Deployment is
// never nil, and with errors among the findings it is incomplete.
func Expand(root *armjson.Node, p Params) (*Deployment, diag.List) {
	if p.File != nil {
		p.Files = append([]*armjson.Node{p.File}, p.Files...)
	}
	if p.Limits == (armexpr.Limits{}) {
		p.Limits = armexpr.DefaultLimits()
	}
	x := &expansion{
		params: p,
		budget: armexpr.NewBudget(p.Limits),
		out:    &Deployment{Trace: newTrace()},
		said:   map[saying]bool{},
		roots:  map[string]*armjson.Node{},
		parsed: map[string]parsed{},
		still:  map[*armjson.Node]bool{},
		full:   map[*armjson.Node]*armjson.Node{},
		links:  map[link]*armjson.Node{},
	}
	x.root(root)
	x.list.Sort()
	x.release()
	return x.out, x.list
}

// expansion is one run of Expand: what all templates in it share.
type expansion struct {
	params  Params
	budget  *armexpr.Budget
	out     *Deployment
	list    diag.List
	said    map[saying]bool // what was reported, so that a loop does not repeat it
	secrets int             // how many secure declarations are being checked around a value, which is not shown then
	stopped bool            // the budget is used up: nothing is evaluated any more

	roots   map[string]*armjson.Node        // of the files taken part, by name
	parsed  map[string]parsed               // expressions by their text
	still   map[*armjson.Node]bool          // whether a value stays as it is written
	full    map[*armjson.Node]*armjson.Node // values to themselves without null members
	links   map[link]*armjson.Node          // linked files; nil for one that could not be had
	waiting []*cell                         // values being made, the one that waits longest first
	scopes  []*scope
}

// release drops what only the evaluation needed. The scopes live on with the Trace, which asks them what was declared
// and given.
func (x *expansion) release() {
	for _, s := range x.scopes {
		s.release()
	}
	out := x.out
	*x = expansion{out: out, list: x.list}
}

// root expands the outermost template.
func (x *expansion) root(root *armjson.Node) {
	x.knowFile(root)
	if root.Kind != armjson.Object {
		x.report(CodeShape, root.Range, fmt.Sprintf("a deployment template is an object, not %s", root.Kind), "", "")
		return
	}
	given := x.givenAtRoot()
	place := x.rootPlace(root)
	s := x.newScope(root, place, given)
	s.context.Deployment = x.rootDeployment(root, place, given)
	b := newContents(s, &frame{x: x, s: s}, nameOfFile(root.Range.File), root, place, nil)
	s.force()
	b.expand()
	x.out.Outputs = b.rootOutputs()
}

// knowFile keeps the root of a file, for the paths in findings.
func (x *expansion) knowFile(root *armjson.Node) {
	if root != nil && x.roots[root.Range.File] == nil {
		x.roots[root.Range.File] = root
	}
}
