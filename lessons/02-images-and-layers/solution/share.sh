docker tag notes notes:keep
