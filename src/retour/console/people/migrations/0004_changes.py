"""Changes of who belongs where, until the ledger has them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0003_invitations")]

    operations = [
        migrations.CreateModel(
            "Change",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=32, unique=True)),
                ("account", models.CharField(blank=True, max_length=64)),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=300)),
                ("before", models.CharField(blank=True, max_length=300)),
                ("after", models.CharField(max_length=300)),
            ],
        ),
    ]
