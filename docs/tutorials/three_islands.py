"""Write the files of three suppliers, each in its own coding, from the penguins of three islands."""

import palmerpenguins

COLUMNS = {
    "Individual ID": "Tier",
    "Species": "Art",
    "Sex": "Geschlecht",
    "Date Egg": "Eiablage",
    "Culmen Length (mm)": "Schnabel_mm",
    "Flipper Length (mm)": "Flosse_mm",
    "Body Mass (g)": "Gewicht_kg",
    "Clutch Completion": "Gelege",
    "Comments": "Notiz",
}

raw = palmerpenguins.load_penguins_raw()
raw["Species"] = raw["Species"].str.split().str[0]
islands = {name: rows[[*COLUMNS]].copy() for name, rows in raw.groupby("Island")}

with open("biscoe.csv", "w") as file:
    file.write("Palmer Station LTER, export of 2010-03-02\n")
    islands["Biscoe"].to_csv(file, index=False, na_rep="NA")

dream = islands["Dream"].rename(columns=COLUMNS)
dream["Geschlecht"] = dream["Geschlecht"].map({"MALE": "m", "FEMALE": "w"})
dream["Gelege"] = dream["Gelege"].map({"Yes": "ja", "No": "nein"})
dream["Eiablage"] = dream["Eiablage"].str.replace(r"(\d+)-(\d+)-(\d+)", r"\3.\2.\1", regex=True)
dream["Gewicht_kg"] /= 1000
dream.to_csv("dream.csv", index=False, sep=";", decimal=",", na_rep="k.A.", encoding="latin-1")

torgersen = islands["Torgersen"]
weights = torgersen["Body Mass (g)"]
torgersen["Body Mass (g)"] = [f"{weight:.0f} g" if weight > 0 else "-9" for weight in weights]
torgersen["Sex"] = torgersen["Sex"].map({"MALE": "1", "FEMALE": "2"}).fillna("9")
torgersen.to_csv("torgersen.tsv", index=False, sep="\t", na_rep="-9")
