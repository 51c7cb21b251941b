"""The plan: values, its JSON, what is still to be asked about AWS, and the preview.

Takes drafts and observed answers.
Gives a Plan, its text, and open questions.
Must not know how AWS is asked, and how a plan is carried out.
"""
