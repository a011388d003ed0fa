from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "teplo.jobs"
    label = "jobs"
