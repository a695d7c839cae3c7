package source

import (
	"context"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
)

// sharedID is the id of a version in somebody else's gallery: /SharedGalleries/GALLERY/Images/IMAGE/Versions/VERSION. Which region it is
// in, is said by where it is asked for.
type sharedID struct{ kind, gallery, image, version string }

func (id sharedID) definition() string {
	return "/" + id.kind + "/" + id.gallery + "/Images/" + id.image
}

// exact is the id with the version in the place of "latest".
func (id sharedID) exact(version string) string { return id.definition() + "/Versions/" + version }

// refused tells an image that is not there from a question without an answer.
func (id sharedID) refused(f *finder, err error) error {
	if absent(err) {
		return id.absent(f)
	}
	return err
}

func (id sharedID) absent(f *finder) *problem {
	p := missing("the image version %q is not to be had in %s", id.exact(id.version), f.location)
	p.why = "its gallery shows it to this subscription in no such region, or not at all"
	p.fix = "ask its owner to share it, or to replicate it to that region; or build in another one"
	return p
}

// shelf is what both kinds of such galleries can tell of the versions of one image.
type shelf struct {
	has  func(ctx context.Context, version string) error
	each func(ctx context.Context, see func(name *string, excluded *bool)) error
}

// shared finds a version of a gallery that is shared with the subscription or its directory.
func (f *finder) shared(ctx context.Context, id sharedID) (*image, error) {
	images, err := armcompute.NewSharedGalleryImagesClient(f.account.Subscription, f.account.Credential, f.account.Options())
	if err != nil {
		return nil, err
	}
	versions, err := armcompute.NewSharedGalleryImageVersionsClient(f.account.Subscription, f.account.Credential, f.account.Options())
	if err != nil {
		return nil, err
	}
	d, err := images.Get(ctx, f.location, id.gallery, id.image, nil)
	if err != nil {
		return nil, id.refused(f, err)
	}
	img := &image{}
	if p := d.Properties; p != nil {
		img = described(p.OSType, p.OSState, p.HyperVGeneration, p.Architecture, p.Features)
	}
	return f.fromShelf(ctx, img, id, shelf{
		has: func(ctx context.Context, version string) error {
			_, err := versions.Get(ctx, f.location, id.gallery, id.image, version, nil)
			return err
		},
		each: func(ctx context.Context, see func(*string, *bool)) error {
			return eachPage(ctx, versions.NewListPager(f.location, id.gallery, id.image, nil), func(
				page armcompute.SharedGalleryImageVersionsClientListResponse,
			) {
				for _, v := range page.Value {
					if v != nil && v.Properties != nil {
						see(v.Name, v.Properties.ExcludeFromLatest)
					}
				}
			})
		},
	})
}

// community finds a version of a gallery that is for everybody.
func (f *finder) community(ctx context.Context, id sharedID) (*image, error) {
	images, err := armcompute.NewCommunityGalleryImagesClient(f.account.Subscription, f.account.Credential, f.account.Options())
	if err != nil {
		return nil, err
	}
	versions, err := armcompute.NewCommunityGalleryImageVersionsClient(f.account.Subscription, f.account.Credential, f.account.Options())
	if err != nil {
		return nil, err
	}
	d, err := images.Get(ctx, f.location, id.gallery, id.image, nil)
	if err != nil {
		return nil, id.refused(f, err)
	}
	img := &image{}
	if p := d.Properties; p != nil {
		img = described(p.OSType, p.OSState, p.HyperVGeneration, p.Architecture, p.Features)
	}
	return f.fromShelf(ctx, img, id, shelf{
		has: func(ctx context.Context, version string) error {
			_, err := versions.Get(ctx, f.location, id.gallery, id.image, version, nil)
			return err
		},
		each: func(ctx context.Context, see func(*string, *bool)) error {
			return eachPage(ctx, versions.NewListPager(f.location, id.gallery, id.image, nil), func(
				page armcompute.CommunityGalleryImageVersionsClientListResponse,
			) {
				for _, v := range page.Value {
					if v != nil && v.Properties != nil {
						see(v.Name, v.Properties.ExcludeFromLatest)
					}
				}
			})
		},
	})
}

// eachPage hands out the pages of a list, one after another.
func eachPage[P any](ctx context.Context, pages *runtime.Pager[P], see func(P)) error {
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		see(page)
	}
	return nil
}

// fromShelf completes an image with its version.
func (f *finder) fromShelf(ctx context.Context, img *image, id sharedID, s shelf) (*image, error) {
	version, err := id.version, error(nil)
	if strings.EqualFold(version, "latest") {
		version = ""
		err = s.each(ctx, func(name *string, excluded *bool) {
			if (excluded == nil || !*excluded) && newer(text(name), version) {
				version = *name
			}
		})
	} else {
		err = s.has(ctx, version)
	}
	if err != nil {
		return nil, id.refused(f, err)
	}
	if version == "" {
		return nil, id.absent(f)
	}
	img.exact.Version, img.exact.ID = version, id.exact(version)
	return img, nil
}
