from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "teplo.tracking"
    label = "tracking"
