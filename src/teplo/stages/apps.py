from django.apps import AppConfig


class StagesConfig(AppConfig):
    name = "teplo.stages"
    label = "stages"
