"""How far the sample workspace is: played in a database of its own, taken over here when it is whole."""

from django.db import models


class SampleState(models.TextChoices):
    PLAYING = "playing", "Being made ready"
    DONE = "done", "There"
    FAILED = "failed", "Not there"


class Sample(models.Model):
    """One row, from the first start with a sample on. `percent` of the days are played. `began_at`: when the run that
    plays them was started; one that was interrupted is started anew."""

    state = models.CharField(max_length=8, choices=SampleState.choices)
    percent = models.PositiveSmallIntegerField(default=0)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="sample_one_row"),
            models.CheckConstraint(condition=models.Q(state__in=SampleState.values), name="sample_state_known"),
            models.CheckConstraint(condition=models.Q(percent__lte=100), name="sample_percent"),
        ]
