from django.apps import AppConfig


class ScoringConfig(AppConfig):
    name = "teplo.scoring"
    label = "scoring"
