-- Numbers of what nodes tell each other, so that whoever does not hear of one knows that something was missed. The first is nobody's.
CREATE SEQUENCE told;
SELECT nextval('told');
