"""There are no shortcuts with single letters, so nobody chooses them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [migrations.RemoveField(model_name="person", name="keys")]
