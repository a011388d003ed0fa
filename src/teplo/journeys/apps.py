from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "teplo.journeys"
    label = "journeys"
