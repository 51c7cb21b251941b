"""Names that the SDK knows without asking AWS: regions and profiles, for shells that complete them."""


def region_names() -> tuple[str, ...]:
    """Return the regions of all partitions that have ECS, as this version of the SDK knows them."""
    import botocore.session  # noqa: PLC0415 - the SDK is imported where it is used

    session = botocore.session.Session()
    partitions = session.get_available_partitions()
    return tuple(name for each in partitions for name in session.get_available_regions("ecs", each))


def profile_names() -> tuple[str, ...]:
    """Return the profiles of the SDK's configuration files; none where the files cannot be read."""
    import botocore.session  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    try:
        return tuple(botocore.session.Session().available_profiles)
    except BotoCoreError:
        return ()
