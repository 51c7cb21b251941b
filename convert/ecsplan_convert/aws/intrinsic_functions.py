"""Intrinsic functions of CloudFormation, in whose place a template has a mapping: `{"Ref": "Name"}`."""


def is_function(name: object) -> bool:
    """Return whether the name of a member is that of an intrinsic function.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
    """
    return name == "Ref" or str(name).startswith("Fn::")
