"""Read Python source: operators of Airflow and blocks of Prefect that run ECS tasks. It is never executed."""

from typing import Final

from ecsplan_convert.airflow.operator import OPERATORS
from ecsplan_convert.readers import airflow, prefect_source
from ecsplan_convert.source import ConversionError, Row, Source, SourceJobs, merged

TABLE: Final[tuple[Row, ...]] = (
    *(Row(f"{each}(…)", "", "a job, as the table of Airflow has it") for each in sorted(OPERATORS)),
    Row("ECSTask(…)", "", "a job, as the table of Prefect's block has it"),
)


def read(source: Source) -> SourceJobs:
    """Return a job for each operator of Airflow and each block of Prefect that runs an ECS task.

    Raises:
        ConversionError: The file has neither, cannot be parsed, or nothing in it says what it runs.
    """
    parts = [found for each in (airflow, prefect_source) if (found := each.found_in(source.text))]
    if not parts:
        raise ConversionError(
            "the Python source has neither Airflow's EcsRunTaskOperator(…) nor Prefect's ECSTask(…)",
            help="their own calls are read, not those of classes derived from them or functions around them",
        )
    return merged(parts)
