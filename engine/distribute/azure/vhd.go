package azure

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/pageblob"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate/plan"
)

// runKey is the metadata of a blob that says which run wrote it, as a tag does where there are tags.
const runKey = "ingot_run"

// vhd copies the OS disk into a page blob, from one storage account to the other: no byte of it comes through here.
func (j *job) vhd(ctx context.Context, d plan.Destination) (events.RunOutput, error) {
	defer j.leave(ctx)
	uri, account := d.VHD.URI, ""
	if uri == "" {
		var err error
		if account, uri, err = j.stagingAccount(ctx); err != nil {
			return events.RunOutput{}, err
		}
	}
	to, signature, err := blobPlace(uri, d.RunOutputName, j.request.RunID)
	if err != nil {
		return events.RunOutput{}, err
	}
	client, err := j.blob(to, signature)
	if err != nil {
		return events.RunOutput{}, err
	}
	err = j.journal.change(d.ID, func(at *Destination) { at.Blob, at.Account = to, account })
	if err != nil {
		return events.RunOutput{}, err
	}
	if len(j.journal.read().Snapshot.DataDisks) > 0 {
		j.say(d.ID, "the VHD is of the OS disk alone: the image's data disks are in no VHD")
	}
	w := vhdWork{job: j, d: d, blob: client, what: "copy VHD to " + to}
	if err := w.make(ctx); err != nil {
		return events.RunOutput{}, err
	}
	if account != "" {
		if err := j.keepAccount(ctx, account, d.RunOutputName); err != nil {
			return events.RunOutput{}, err
		}
	}
	return events.RunOutput{ArtifactURI: to}, nil
}

// blob makes a client for a blob: with the signature of its address, or as the account.
func (j *job) blob(address, signature string) (*pageblob.Client, error) {
	options := &pageblob.ClientOptions{ClientOptions: j.Account.Client}
	if signature == "" {
		return pageblob.NewClient(address, j.Account.Credential, options)
	}
	return pageblob.NewClientWithNoCredential(address+"?"+signature, options)
}

// vhdWork is one VHD in the making.
type vhdWork struct {
	*job
	d    plan.Destination
	blob *pageblob.Client
	what string
}

// make looks what is there, and begins, follows or begins again the copy.
func (w vhdWork) make(ctx context.Context) error {
	pending := ""
	defer func() {
		if ctx.Err() != nil && pending != "" {
			w.abort(ctx, pending)
		}
	}()
	for tries := 0; ; {
		there, err := read(ctx, func() (blob.GetPropertiesResponse, error) { return w.blob.GetProperties(ctx, nil) })
		if err != nil && !absent(err) {
			return wrong(err, "look for the blob")
		}
		ours := err == nil && metadataOf(there.Metadata, runKey) == w.request.RunID
		switch status := value(there.CopyStatus); {
		case ours && status == blob.CopyStatusTypeSuccess:
			return nil
		case ours && status == blob.CopyStatusTypePending:
			done, total := copied(value(there.CopyProgress))
			w.emit(events.Event{Step: w.d.ID, Progress: &events.Progress{What: w.what, Done: done, Total: total, Unit: "bytes"}})
			pending = value(there.CopyID)
			if err := w.pause(ctx); err != nil {
				return err
			}
			continue
		case ours && tries > 0:
			why := fmt.Errorf("the copy ended as %q: %s", status, value(there.CopyStatusDescription))
			if tries >= w.Tries {
				return why
			}
			w.say(w.d.ID, "%v; it is tried again", w.shown(why))
		}
		pending = ""
		tries++
		if err := w.begin(ctx, tries); err != nil {
			return err
		}
	}
}

// begin begins the copy. One that is under way already is looked at next: it may be ours.
func (w vhdWork) begin(ctx context.Context, tries int) error {
	from, err := w.open(ctx)
	if err != nil {
		return err
	}
	began, err := w.blob.StartCopyFromURL(ctx, from, &blob.StartCopyFromURLOptions{Metadata: w.metadata()})
	if conflict(err) && tries < w.Tries {
		return w.pause(ctx)
	}
	if err != nil {
		return wrong(err, "begin the copy")
	}
	return w.journal.change(w.d.ID, func(at *Destination) { at.CopyID = value(began.CopyID) })
}

// abort ends a copy that nobody waits for any more: its address is closed next, and it would fail.
func (w vhdWork) abort(ctx context.Context, copyID string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	if _, err := w.blob.AbortCopyFromURL(ctx, copyID, nil); err != nil && !conflict(err) {
		w.say(w.d.ID, "%v", w.shown(wrong(err, "end the copy")))
	}
}

// metadata is the tags, as far as metadata can hold them: its names are those of identifiers, and its values are of ASCII.
//
// Reference: https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
func (w vhdWork) metadata() map[string]*string {
	all := map[string]*string{}
	for name, v := range w.d.Tags {
		all[metadataName(name)] = to.Ptr(strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '?'
			}
			return r
		}, v))
	}
	all[runKey] = to.Ptr(w.request.RunID)
	return all
}

// metadataName is the name of a tag as one of metadata.
func metadataName(tag string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, tag)
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return "_" + name
	}
	return name
}

// metadataOf finds a value; names come back in another letter case.
func metadataOf(all map[string]*string, name string) string {
	for n, v := range all {
		if strings.EqualFold(n, name) {
			return value(v)
		}
	}
	return ""
}

// copied reads "done/total", in bytes.
func copied(progress string) (done, total int64) {
	a, b, _ := strings.Cut(progress, "/")
	done, _ = strconv.ParseInt(a, 10, 64) // 0 where the service does not say
	total, _ = strconv.ParseInt(b, 10, 64)
	return done, total
}
