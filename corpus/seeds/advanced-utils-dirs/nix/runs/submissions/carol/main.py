print(3)
print(4)
