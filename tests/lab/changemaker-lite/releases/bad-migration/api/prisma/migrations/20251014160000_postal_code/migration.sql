-- lab: fails
UPDATE "Contact" SET "postal_code" = upper("postal_code");
