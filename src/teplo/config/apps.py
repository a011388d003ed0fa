from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "teplo.config"
    label = "teplo_config"

    def ready(self) -> None:
        from teplo.config import wiring  # noqa: PLC0415 - models must be loaded first

        wiring.assemble()
