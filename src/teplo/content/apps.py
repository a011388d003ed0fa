from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "teplo.content"
    label = "content"
