"""What registries say of container images: the digest of a tag, and the platforms that an image is for.

Takes the names of images.
Gives what there is, or an error that names the image and its registry.
Must not know jobs, runs and copies.
"""
