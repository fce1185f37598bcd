"""Invitations into accounts, and how the people of an account read as long as they choose nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0002_no_shortcuts")]

    operations = [
        migrations.AlterField("person", "zone", models.CharField(max_length=64, blank=True)),
        migrations.CreateModel(
            "Invitation",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("account", models.CharField(max_length=64)),
                ("email", models.EmailField(max_length=254)),
                (
                    "role",
                    models.CharField(choices=[("member", "member"), ("manager", "manager")], max_length=16),
                ),
                ("by", models.CharField(max_length=254)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            "AccountChoice",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("account", models.CharField(max_length=64, unique=True)),
                ("language", models.CharField(blank=True, max_length=8)),
                ("zone", models.CharField(default="UTC", max_length=64)),
            ],
        ),
    ]
